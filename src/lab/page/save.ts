/** Files that the page hands to the browser to save. */

/** Saves a file under a name. */
export function saveAs(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The download has begun by then; the address would keep the bytes.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A picture as a file. */
export function drawing(svg: string): Blob {
  return new Blob([svg], { type: "image/svg+xml" });
}

/** Pixels for each unit of a picture. */
const SCALE = 2;

/** A picture as PNG, drawn by the browser. */
export async function toPng(svg: Blob): Promise<Blob> {
  const url = URL.createObjectURL(svg);
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = SCALE * image.naturalWidth;
    canvas.height = SCALE * image.naturalHeight;
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((done, failed) =>
      canvas.toBlob(
        (blob) => (blob === null ? failed(new Error("The picture could not be drawn")) : done(blob)),
        "image/png",
      ),
    );
  } finally {
    URL.revokeObjectURL(url);
  }
}
