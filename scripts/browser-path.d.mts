/** Path of Chromium; `CHROMIUM` names another one. @throws Error with exit code 5 and what to install where there is none. */
export function browserPath(): string;
