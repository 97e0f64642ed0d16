// Compiles one Motoko file to Wasm:
//
//   node compile_motoko.mjs PACKAGE MODE SOURCE OUT      e.g. motoko enhanced Main.mo main.wasm
//
// PACKAGE is the npm package that holds the compiler (motoko, motoko-classic), MODE is `enhanced`
// or `classic` orthogonal persistence. One process for each mode: the compiler's flags are global
// and can't be set back.
import fs from "node:fs";
import { createRequire } from "node:module";

const [packageName, mode, source, out] = process.argv.slice(2);
if (!out || !["enhanced", "classic"].includes(mode)) {
  console.error("usage: node compile_motoko.mjs PACKAGE enhanced|classic SOURCE OUT");
  process.exit(2);
}
const require = createRequire(import.meta.url);
const compiler = require(packageName).default ?? require(packageName);

for (const library of ["core", "base"]) {
  let packaged;
  try {
    packaged = require(`${packageName}/packages/latest/${library}.json`);
  } catch {
    continue; // this version of the compiler doesn't carry that library
  }
  compiler.loadPackage(packaged);
}
if (mode === "classic") compiler.compiler.gcFlags("classicOP");

try {
  compiler.write("Main.mo", fs.readFileSync(source, "utf8"));
  const result = compiler.wasm("Main.mo", "ic");
  if (!result?.wasm) throw new Error(JSON.stringify(result?.diagnostics ?? result));
  fs.writeFileSync(out, result.wasm);
} catch (error) {
  // The compiler throws its whole source text; the head says what is wrong.
  console.error(String(error.message ?? error).slice(0, 2000));
  process.exit(1);
}
