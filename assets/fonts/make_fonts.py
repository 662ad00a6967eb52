"""Makes the two .ttf beside it from Debian's fonts-dejavu-core (needs fonttools): the signs that the figures write, and
no hints. plotters leaves out the space before a sign's outline; a point at each sign's origin keeps it."""

import pathlib
import sys

from fontTools import subset, ttLib
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.pens.ttGlyphPen import TTGlyphPen

HERE = pathlib.Path(__file__).parent
SIGNS = [*range(0x20, 0x7F), *range(0xA0, 0x100), *map(ord, "–—‘’“”…→×·−")]


def make(name: str) -> None:
    font = ttLib.TTFont(SOURCE / name)
    options = subset.Options(hinting=False, layout_features=[], name_IDs=[0, 1, 2, 13, 14], glyph_names=False)
    options.drop_tables += ["FFTM", "GDEF", "GSUB", "GPOS", "kern"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=SIGNS)
    subsetter.subset(font)
    glyphs = font["glyf"]
    drawn = font.getGlyphSet()
    anchored = {}
    for glyph in font.getGlyphOrder():
        pen = TTGlyphPen(None)
        recorded = DecomposingRecordingPen(drawn)
        drawn[glyph].draw(recorded)
        recorded.replay(pen)
        if pen.points:
            pen.moveTo((0, 0))
            pen.lineTo((0, 0))
            pen.lineTo((0, 0))
            pen.closePath()
        anchored[glyph] = pen.glyph(dropImpliedOnCurves=False)
    for glyph, outline in anchored.items():
        glyphs[glyph] = outline
        advance, _ = font["hmtx"][glyph]
        outline.recalcBounds(glyphs)
        font["hmtx"][glyph] = (advance, getattr(outline, "xMin", 0))
    font["head"].created = font["head"].modified = 0
    font.recalcTimestamp = False
    font.save(HERE / name)


if __name__ == "__main__":
    SOURCE = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "/usr/share/fonts/truetype/dejavu")
    for name in ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"]:
        make(name)
