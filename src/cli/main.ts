export async function runCli(_args: string[]): Promise<void> {}
