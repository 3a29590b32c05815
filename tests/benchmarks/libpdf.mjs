// Times B-B seals by @libpdf/core in one warm process: node libpdf.mjs FOLDER ROUNDS
//
// FOLDER holds page.pdf, key.p8, certificate.der and issuer.der. Writes libpdf.pdf there, the last result, and prints the
// milliseconds of each round as a JSON array. A round is what a caller does: load the PDF's bytes, sign, have the bytes.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";

import { CryptoKeySigner, PDF } from "@libpdf/core";

const [folder, rounds] = [process.argv[2], Number(process.argv[3])];
const read = (name) => new Uint8Array(readFileSync(join(folder, name)));

const algorithm = { name: "ECDSA", namedCurve: "P-256" };
const key = await crypto.subtle.importKey("pkcs8", read("key.p8"), algorithm, false, ["sign"]);
const signer = new CryptoKeySigner(key, read("certificate.der"), "EC", "ECDSA", [read("issuer.der")]);
const page = read("page.pdf");

const seal = async () => {
  const pdf = await PDF.load(page);
  const { bytes } = await pdf.sign({ signer, level: "B-B", fieldName: "Seal", estimatedSize: 4096 });
  return bytes;
};

for (let warm = 0; warm < 50; warm += 1) await seal();
const times = [];
let bytes;
for (let round = 0; round < rounds; round += 1) {
  const begun = performance.now();
  bytes = await seal();
  times.push(performance.now() - begun);
}
writeFileSync(join(folder, "libpdf.pdf"), bytes);
console.log(JSON.stringify(times));
