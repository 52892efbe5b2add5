"""A picture of our own for stories that have none."""

from pathlib import Path

from PIL import Image, ImageDraw


def waves(folder: Path) -> Path:
    """Draw a picture of our own for the stories."""
    path = folder / "waves.png"
    if not path.exists():
        picture = Image.new("RGB", (1200, 675), "#cfe6f5")
        pen = ImageDraw.Draw(picture)
        for row, shade in enumerate(("#9cc9e8", "#5aa3d2", "#2b7ab3", "#14568c", "#0b3a66")):
            top = 260 + row * 80
            for left in range(-120, 1320, 240):
                shift = row * 70 % 240
                pen.ellipse((left + shift, top, left + shift + 300, top + 400), fill=shade)
        pen.ellipse((930, 80, 1050, 200), fill="#fff3c4")
        picture.save(path)
    return path
