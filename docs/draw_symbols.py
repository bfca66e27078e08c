"""Draw the standard symbols of every room's kinds (APP-6(E), MIL-STD-2525E) with milsymbol, as SVG in the room's own folder.

python docs/draw_symbols.py           fetches milsymbol with `npm pack` and draws what the cards name, with node
python docs/draw_symbols.py --check   exits 1 where a file is not what would be drawn

The code of a symbol, 20 digits, stands in the room's area.toml under [symbols] and in the file drawn from it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path

AREAS = Path(__file__).resolve().parents[1] / "src" / "foedus" / "areas"
PACKAGE = "milsymbol@3.0.4"
DRAW = """
const ms = require("./package/dist/milsymbol.js");
const drawn = {};
for (const code of JSON.parse(require("fs").readFileSync(0))) {
  const symbol = new ms.Symbol(code, { size: 32, outlineWidth: 4, outlineColor: "white" });
  if (!symbol.isValid()) throw new Error(`no symbol: ${code}`);
  drawn[code] = symbol.asSVG();
}
console.log(JSON.stringify(drawn));
"""
ORIGIN = "<!-- APP-6(E) {code}, drawn by milsymbol 3.0.4, MIT, Copyright (c) 2017 Måns Beckman - www.spatialillusions.com -->\n"


def named() -> dict[Path, str]:
    """Return the code of every file."""
    found = {}
    for card in sorted(AREAS.glob("*/area.toml")):
        for kind, code in tomllib.loads(card.read_text())["symbols"].items():
            found[card.parent / "symbols" / f"{kind}.svg"] = code
    return found


def drawn(codes: set[str]) -> dict[str, str]:
    """Return the SVG of every code."""
    with tempfile.TemporaryDirectory() as place:
        done = subprocess.run(
            ["npm", "pack", "--silent", PACKAGE], cwd=place, check=True, capture_output=True, text=True
        )
        with tarfile.open(Path(place) / done.stdout.strip()) as archive:
            archive.extractall(place, filter="data")
        (Path(place) / "draw.cjs").write_text(DRAW)
        asked = json.dumps(sorted(codes))
        done = subprocess.run(["node", "draw.cjs"], cwd=place, check=True, capture_output=True, text=True, input=asked)
    return {code: ORIGIN.format(code=code) + svg + "\n" for code, svg in json.loads(done.stdout).items()}


def main() -> int:
    files = named()
    svg = drawn(set(files.values()))
    old = set(AREAS.glob("*/symbols/*.svg")) - set(files)
    if "--check" in sys.argv:
        return int(bool(old) or any(not file.exists() or file.read_text() != svg[code] for file, code in files.items()))
    for file in old:
        file.unlink()
    for file, code in files.items():
        file.parent.mkdir(exist_ok=True)
        file.write_text(svg[code])
    return 0


if __name__ == "__main__":
    sys.exit(main())
