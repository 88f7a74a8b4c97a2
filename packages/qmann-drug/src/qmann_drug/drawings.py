"""Molecules drawn as pictures."""

from typing import Any

from rdkit import Chem
from rdkit.Chem.Draw import rdMolDraw2D


def molecule_svg(smiles: str, *, width: int = 320, height: int = 240, dark: bool = False) -> str:
    """A molecule as SVG without background, for light or dark pages."""
    canvas: Any = rdMolDraw2D.MolDraw2DSVG(width, height)
    if dark:
        rdMolDraw2D.SetDarkMode(canvas)
    canvas.drawOptions().clearBackground = False
    canvas.drawOptions().fixedBondLength = width / 8  # at most: ethanol must not fill the picture
    return str(_drawn(canvas, smiles))


def molecule_png(smiles: str) -> bytes:
    """A molecule as PNG, on white."""
    return bytes(_drawn(rdMolDraw2D.MolDraw2DCairo(420, 320), smiles))


def _drawn(canvas: Any, smiles: str) -> Any:
    rdMolDraw2D.PrepareAndDrawMolecule(canvas, Chem.MolFromSmiles(smiles))
    canvas.FinishDrawing()
    return canvas.GetDrawingText()
