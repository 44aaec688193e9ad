"""Makes the small images of this folder and Pillow's answers to them: `python make.py` with Pillow 13.0.0, tifffile and imagecodecs.

answers.json: of each file its size and RGB pixels (base64), or a part of the reason with which it must be refused. Where the product
differs from Pillow's convert("RGB") on purpose (see src/data/image.ts), the answer is Pillow's up to that: transparent parts over white,
the upper byte of deep gray.
"""
import base64, io, json, os, struct, warnings, zlib
import numpy as np, tifffile
from PIL import Image, ImageCms

warnings.simplefilter("ignore")
HERE = os.path.dirname(os.path.abspath(__file__))
W, H = 17, 11
y, x = np.mgrid[0:H, 0:W]
random = np.random.default_rng(7)
rgb = np.stack([x * 255 // W, y * 255 // H, 128 + 60 * np.sin(x / 3)], -1) + random.integers(-9, 9, (H, W, 3))
rgb = rgb.clip(0, 255).astype(np.uint8)
gray, alpha = rgb[..., 2], (x * 15).astype(np.uint8)
inks = np.dstack([255 - rgb, alpha // 3])
answers = {}


def deep(a, bits):
    return (a.astype(np.uint32) * ((1 << bits) - 1) // 255).astype(np.uint16 if bits > 8 else np.uint8)


def pillow(path):
    image = Image.open(path)
    image.load()
    if image.mode in ("I;16", "I;16B", "I"):
        bits = image.tag_v2.get(258, (16,))[0] if image.format == "TIFF" else 16
        return np.dstack([np.array(image).astype(int) >> (bits - 8)] * 3)
    if "transparency" in image.info or image.mode in ("RGBA", "LA", "PA"):
        white = Image.new("RGBA", image.size, "white")
        return np.array(Image.alpha_composite(white, image.convert("RGBA")).convert("RGB"))
    return np.array(image.convert("RGB"))


def keep(name, write, answer=None, refused=None):
    """`answer`: pixels, or the name of a file that means the same, where Pillow cannot read this one."""
    path = os.path.join(HERE, name)
    write(path)
    if refused:
        answers[name] = {"refused": refused}
        return
    pixels = pillow(os.path.join(HERE, answer)) if isinstance(answer, str) else pillow(path) if answer is None else answer
    pixels = np.ascontiguousarray(pixels).astype(np.uint8)
    answers[name] = {"size": [pixels.shape[1], pixels.shape[0]], "rgb": base64.b64encode(pixels.tobytes()).decode()}


def tiff(name, data, answer=None, refused=None, planes=False, **options):
    if planes:
        data, options["planarconfig"] = np.moveaxis(data, -1, 0).copy(), "separate"
    keep(name, lambda path: tifffile.imwrite(path, data, **options, metadata=None), answer, refused)


def saved(name, image, refused=None, **options):
    keep(name, lambda path: image.save(path, **options), refused=refused)


def raw(name, contents, answer=None, refused=None):
    keep(name, lambda path: open(path, "wb").write(contents), answer, refused)


# TIFF: color, depth, compression, tiles, planes, byte order, extra samples.
G, C = dict(photometric="minisblack"), dict(photometric="rgb")
tiles, big = dict(tile=(16, 16)), dict(byteorder=">")
tiff("rgb.tif", rgb, **C)
tiff("rgb_lzw_predictor_be.tif", rgb, compression="lzw", predictor=True, **C, **big)
tiff("rgb_deflate_tiles_planes.tif", rgb, planes=True, compression="zlib", **C, **tiles)
tiff("rgb_packbits_strips.tif", rgb, compression="packbits", rowsperstrip=3, **C)
tiff("rgb16.tif", deep(rgb, 16) + 3, **C)
tiff("rgb16_predictor_be.tif", deep(rgb, 16) + 3, compression="zlib", predictor=True, **C, **big)
tiff("rgb16_planes.tif", deep(rgb, 16) + 3, "rgb16.tif", planes=True, **C)
tiff("rgb_big.tif", rgb, bigtiff=True, **C)
tiff("white_is_zero.tif", gray, photometric="miniswhite")
tiff("gray_lzw_tiles.tif", gray, compression="lzw", **G, **tiles)
tiff("gray16_be.tif", deep(gray, 16) + 3, **G, **big)
tiff("gray12.tif", deep(gray, 12), bitspersample=12, **G)
tiff("gray4.tif", gray >> 4, bitspersample=4, **G)
tiff("gray2.tif", gray >> 6, bitspersample=2, **G)
tiff("gray1_white_is_zero.tif", gray > 127, photometric="miniswhite")
for name, extra in (("unspecified", 0), ("associated", 1), ("unassociated", 2)):
    colors = (rgb.astype(int) * alpha[..., None] // 255).astype(np.uint8) if extra == 1 else rgb
    tiff(f"rgb_{name}.tif", np.dstack([colors, alpha]), extrasamples=[extra], **C)
tiff("rgb_two_unspecified.tif", np.dstack([rgb, alpha, gray]), extrasamples=[0, 0], planarconfig="contig", **C)
tiff("rgb_unspecified_planes.tif", np.dstack([rgb, alpha]), rgb, planes=True, extrasamples=[0], **C)
tiff("gray_unspecified.tif", np.dstack([gray, alpha]), extrasamples=[0], planarconfig="contig", **G)
tiff("gray_unassociated_lzw.tif", np.dstack([gray, alpha]), extrasamples=[2], planarconfig="contig", compression="lzw", **G)
tiff("cmyk.tif", inks, photometric="separated")
tiff("cmyk_unspecified.tif", np.dstack([inks, alpha]), photometric="separated", extrasamples=[0], planarconfig="contig")
tiff("palette.tif", gray, photometric="palette", colormap=random.integers(0, 65536, (3, 256)).astype(np.uint16))
tiff("jpeg.tif", rgb, compression="jpeg", rowsperstrip=8, **C)
tiff("jpeg_tiles.tif", rgb, compression="jpeg", **C, **tiles)
for orientation in (3, 6, 7, 9):
    tiff(f"orientation_{orientation}.tif", rgb, extratags=[(274, 3, 1, orientation, True)], **C)
tiff("pages.tif", np.stack([gray, 255 - gray]), **G)
image = Image.fromarray(rgb)
saved("ccitt.tif", image.convert("1"), compression="group4")
for compression in ("raw", "tiff_lzw"):
    saved(f"ycbcr_{compression}.tif", image.convert("YCbCr"), compression=compression)
lab = ImageCms.createProfile("LAB")
muted = Image.fromarray((rgb // 3 + 80).astype(np.uint8))
saved("lab.tif", ImageCms.profileToProfile(muted, ImageCms.createProfile("sRGB"), lab, outputMode="LAB"))
tiff("float64.tif", gray.astype(np.float64), refused="64-bit floating-point samples", **G)
tiff("float32.tif", gray.astype(np.float32) / 255, refused="32-bit floating-point samples", **G)
tiff("signed16.tif", gray.astype(np.int16), refused="16-bit signed integer samples", **G)
tiff("integer32.tif", gray.astype(np.uint32), refused="32-bit integer samples", **G)
tiff("bands_7.tif", np.dstack([gray] * 7), refused="7 bands", planarconfig="contig", **G)
tiff("lerc.tif", gray, refused="compression LERC", compression="lerc", **G)
tiff("jpeg2000_tiles.tif", rgb, refused="compression JPEG 2000", compression="jpeg2000", **C, **tiles)


def damaged(name, source, at, refused):
    contents = bytearray(open(os.path.join(HERE, source), "rb").read())
    raw(name, bytes(contents[:at]), refused=refused)


tiff("noise_tiles.tif", random.integers(0, 256, (40, 40, 3)).astype(np.uint8), compression="zlib", **C, **tiles)
broken = bytearray(open(os.path.join(HERE, "noise_tiles.tif"), "rb").read())
broken[-900:-600] = bytes(300)
raw("broken_tile.tif", bytes(broken), refused="damaged")
raw("truncated.tif", open(os.path.join(HERE, "rgb.tif"), "rb").read()[:-40], refused="truncated")

# JPEG.
saved("rgb.jpg", image, quality=90)
saved("progressive_444.jpg", image, quality=90, progressive=True, subsampling=0)
saved("cmyk.jpg", Image.fromarray(inks, "CMYK"), quality=95)
contents = open(os.path.join(HERE, "cmyk.jpg"), "rb").read()
marker = contents.index(b"\xff\xee")
end = marker + 2 + struct.unpack(">H", contents[marker + 2 : marker + 4])[0]
raw("cmyk_without_marker.jpg", contents[:marker] + contents[end:])
raw("ycck.jpg", contents[: end - 1] + b"\2" + contents[end:])
import imagecodecs

raw("bits_12.jpg", imagecodecs.jpeg8_encode(deep(gray, 12), bitspersample=12), refused="12-bit samples")
raw("lossless.jpg", imagecodecs.jpeg8_encode(rgb, lossless=True), refused="lossless JPEG")


# PNG.
def png(name, depth, kind, rows, more=b"", answer=None):
    def chunk(tag, data):
        return struct.pack(">I", len(data)) + tag + data + struct.pack(">I", zlib.crc32(tag + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", W, H, depth, kind, 0, 0, 0))
    more = b"".join(chunk(tag, data) for tag, data in more) if more else b""
    lines = b"".join(b"\0" + row.tobytes() for row in rows.reshape(H, -1))
    body = chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    raw(name, b"\x89PNG\r\n\x1a\n" + header + more + body, answer)


deep_rgb = rgb.astype(">u2") * 256 + 77
png("gray16.png", 16, 0, gray.astype(">u2") * 256 + 200)
png("rgb16.png", 16, 2, deep_rgb)
png("rgba16.png", 16, 6, np.dstack([deep_rgb, alpha.astype(">u2") * 257]).astype(">u2"))
png("gray_alpha.png", 8, 4, np.dstack([gray, alpha]))
colors = random.integers(0, 256, (256, 3)).astype(np.uint8)
png("palette_transparency.png", 8, 3, gray, [(b"PLTE", colors.tobytes()), (b"tRNS", bytes(range(256)))])
transparent = [(b"tRNS", struct.pack(">HHH", *[int(value) for value in rgb[3, 3]]))]
png("rgb_transparency.png", 8, 2, rgb, transparent)
saved("animated.png", image, save_all=True, append_images=[image.rotate(180)])

# WebP, GIF, AVIF.
saved("lossy.webp", image, quality=80)
saved("alpha.webp", Image.fromarray(np.dstack([rgb, alpha])), lossless=True, exact=True)
saved("animated.webp", image, save_all=True, append_images=[image.rotate(180)], lossless=True)
few = image.convert("P", palette=Image.Palette.ADAPTIVE, colors=16)
saved("transparency.gif", few, transparency=5)
saved("animated.gif", few, save_all=True, append_images=[few.rotate(180)], disposal=2)
contents = bytearray(open(os.path.join(HERE, "transparency.gif"), "rb").read())
contents[contents.index(b"\x21\xf9\x04") + 3] &= 0xFE
contents[6:10] = struct.pack("<HH", W + 5, H + 4)
raw("small_frame.gif", bytes(contents))
saved("bits_8_444.avif", image, quality=95, subsampling="4:4:4")
raw("bits_10_444.avif", imagecodecs.avif_encode(deep(rgb, 10), bitspersample=10, level=95, pixelformat="444"))
raw("hevc.heic", struct.pack(">I4s4sI4s4s", 24, b"ftyp", b"heic", 0, b"mif1", b"heic") + bytes(99), refused="HEVC")

# Netpbm.
size = b"%d %d\n" % (W, H)
for most in (1, 10, 100, 200):
    raw(f"most_{most}.pgm", b"P5\n# a comment\n" + size + b"%d\n" % most + (gray.astype(int) * most // 255).astype(np.uint8).tobytes())
raw("most_1000.pgm", b"P5 " + size + b"1000\n" + (gray.astype(int) * 1000 // 255).astype(">u2").tobytes())
raw("most_1000.ppm", b"P6 " + size + b"1000\n" + (rgb.astype(int) * 1000 // 255).astype(">u2").tobytes())
raw("plain.ppm", b"P3\n" + size + b"255 # most\n" + b" ".join(b"%d" % value for value in rgb.ravel()))
raw("plain.pgm", b"P2\n" + size + b"7\n" + b"\n".join(b"%d # value" % value for value in gray.ravel() // 37))
raw("plain.pbm", b"P1\n" + size + b"".join(b"%d" % value for value in (gray > 127).ravel()))
raw("raw.pbm", b"P4\n" + size + np.packbits(gray > 127, axis=1).tobytes())
pam = b"P7\nWIDTH %d\nHEIGHT %d\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n" % (W, H)
raw("rgba.pam", pam + np.dstack([rgb, alpha]).tobytes(), "rgb_unassociated.tif")
raw("float.pfm", b"Pf\n" + size + b"-1.0\n" + gray.astype("<f4").tobytes(), refused="floating-point")


# Bitmaps.
def bmp(name, bits, data, palette=b"", compression=0, header=40, masks=b"", offset=None, height=H, answer=None, refused=None):
    if header == 12:
        info = struct.pack("<IHHHH", 12, W, H, 1, bits)
    else:
        info = struct.pack("<IiiHHIIiiII", header, W, height, 1, bits, compression, len(data), 0, 0, 0, 0) + masks
        info = info.ljust(header, b"\0")
    body = info + palette
    start = 14 + len(body) if offset is None else offset
    raw(name, b"BM" + struct.pack("<IHHI", 14 + len(body) + len(data), 0, 0, start) + body + data, answer, refused)


def padded(rows):
    return b"".join(row.tobytes() + b"\0" * (-len(row.tobytes()) % 4) for row in rows)


table = np.dstack([colors[None, :, ::-1], np.zeros((1, 256), np.uint8)]).tobytes()
indices = padded(gray[::-1])
bmp("palette.bmp", 8, indices, table)
bmp("palette_offset_zero.bmp", 8, indices, table, offset=0)
bmp("palette_offset_in_palette.bmp", 8, indices, table, offset=54)
bmp("palette_top_down.bmp", 8, padded(gray), table, height=-H)
bmp("palette_os2.bmp", 8, indices, colors[:, ::-1].tobytes(), header=12)
bmp("palette_4.bmp", 4, padded(np.packbits(np.unpackbits((gray >> 4)[..., None], axis=2)[..., 4:].reshape(H, -1), axis=1)[::-1]), table[:64])
runs = b"".join(b"".join(bytes([1, value]) for value in row[:9]) + b"\0\x08" + row[9:].tobytes() + b"\0\0" for row in gray[::-1]) + b"\0\1"
bmp("rle8.bmp", 8, runs, table, compression=1)
bmp("rle8_truncated.bmp", 8, runs[:99], table, compression=1, refused="truncated")
pairs = b"".join(b"\x11" + bytes([value & 0xF3]) + b"\0\0" for value in gray[::-1, 0]) + b"\0\1"
bmp("rle4.bmp", 4, pairs, table[:64], compression=2)
low = rgb.astype(int) >> 3
bmp("bits_16.bmp", 16, padded(((low[..., 0] << 10) | (low[..., 1] << 5) | low[..., 2]).astype("<u2")[::-1]))
green = rgb[..., 1].astype(int) >> 2
masks = struct.pack("<III", 0xF800, 0x7E0, 0x1F)
bmp("bits_565.bmp", 16, padded(((low[..., 0] << 11) | (green << 5) | low[..., 2]).astype("<u2")[::-1]), masks + b"", 3, 40)
bgra = np.dstack([rgb[..., ::-1], alpha])[::-1].tobytes()
bmp("bits_32.bmp", 32, bgra)
alpha_masks = struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
bmp("alpha_v4.bmp", 32, bgra, compression=3, header=108, masks=alpha_masks)
bmp("alpha_in_vain_v4.bmp", 32, np.dstack([rgb[..., ::-1], alpha * 0])[::-1].tobytes(), compression=3, header=108, masks=alpha_masks, answer=rgb)
bmp("around_jpeg.bmp", 24, b"", compression=4, refused="around a JPEG")
saved("headless.dib", image, format="DIB")

json.dump(answers, open(os.path.join(HERE, "answers.json"), "w"), indent=1)
