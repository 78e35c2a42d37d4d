"""A QR code as an SVG picture: bytes, correction level M, versions 1 to 10 (213 bytes at the most).

Written out after ISO/IEC 18004, so that a closed network needs no library for one picture.
"""

from collections.abc import Iterator
from functools import cache
from itertools import product

#: By version: bytes of correction a block, and the bytes of data of each block.
_BLOCKS: dict[int, tuple[int, tuple[int, ...]]] = {
    1: (10, (16,)),
    2: (16, (28,)),
    3: (26, (44,)),
    4: (18, (32, 32)),
    5: (24, (43, 43)),
    6: (16, (27, 27, 27, 27)),
    7: (18, (31, 31, 31, 31)),
    8: (22, (38, 38, 39, 39)),
    9: (22, (36, 36, 36, 37, 37)),
    10: (26, (43, 43, 43, 43, 44)),
}
_ALIGNED: dict[int, tuple[int, ...]] = {
    1: (), 2: (6, 18), 3: (6, 22), 4: (6, 26), 5: (6, 30), 6: (6, 34),
    7: (6, 22, 38), 8: (6, 24, 42), 9: (6, 26, 46), 10: (6, 28, 50),
}  # fmt: skip
_QUIET = 4
_MASK = 0
#: Level M (00) with mask 0, its ten bits of correction, and the pattern laid over both.
_FORMAT = 0b101010000010010

Grid = list[list[bool | None]]


class TooLong(ValueError):
    """The text does not fit into the largest code that is made."""


def svg(text: str, title: str) -> str:
    """Return the picture of a text. Raises TooLong."""
    grid = modules(text)
    side = len(grid) + 2 * _QUIET
    dark = "".join(
        f"M{x + _QUIET},{y + _QUIET}h1v1h-1z"
        for y, row in enumerate(grid)
        for x, is_dark in enumerate(row)
        if is_dark
    )
    return (
        f'<svg class="qr" role="img" aria-label="{title}" viewBox="0 0 {side} {side}"'
        ' shape-rendering="crispEdges" xmlns="http://www.w3.org/2000/svg">'
        f'<path fill="#fff" d="M0,0h{side}v{side}h-{side}z"/><path fill="#000" d="{dark}"/></svg>'
    )


def modules(text: str) -> list[list[bool]]:
    """Return the rows of the code without its margin, True where it is dark. Raises TooLong."""
    data = text.encode()
    version = next((one for one in _BLOCKS if len(data) <= _room(one)), None)
    if version is None:
        raise TooLong
    grid, side = _frame(version), 17 + 4 * version
    bits = _bits(_codewords(version, data))
    for x, y in _path(side):
        if grid[y][x] is None:
            grid[y][x] = next(bits, False) ^ ((x + y) % 2 == 0)
    return [[bool(one) for one in row] for row in grid]


def _room(version: int) -> int:
    """Return how many bytes fit beside the mode and the length."""
    return sum(_BLOCKS[version][1]) - (2 if version < 10 else 3)


def _codewords(version: int, data: bytes) -> bytes:
    """Return data and correction, the blocks interleaved."""
    correction, sizes = _BLOCKS[version]
    length = 8 if version < 10 else 16
    stream = f"0100{len(data):0{length}b}" + "".join(f"{byte:08b}" for byte in data) + "0000"
    whole = int(stream, 2).to_bytes(len(stream) // 8, "big")
    filled = whole + bytes([0xEC, 0x11] * sum(sizes))[: sum(sizes) - len(whole)]
    blocks, begin = [], 0
    for size in sizes:
        blocks.append(filled[begin : begin + size])
        begin += size
    checks = [_correction(block, correction) for block in blocks]
    spread = [block[place] for place in range(max(sizes)) for block in blocks if place < len(block)]
    return bytes(spread + [check[place] for place in range(correction) for check in checks])


@cache
def _powers() -> tuple[list[int], dict[int, int]]:
    """Return the powers of 2 in the field of 256 numbers that the correction counts in."""
    powers, value = [], 1
    for _n in range(255):
        powers.append(value)
        value = value << 1 ^ (0x11D if value & 0x80 else 0)
    return powers, {power: n for n, power in enumerate(powers)}


def _times(one: int, other: int) -> int:
    powers, logs = _powers()
    return powers[(logs[one] + logs[other]) % 255] if one and other else 0


def _correction(block: bytes, size: int) -> list[int]:
    """Return what remains of a block divided by the generator (Reed and Solomon)."""
    generator = [1]
    for power in _powers()[0][:size]:
        shifted = [*generator, 0]
        for place, factor in enumerate(generator, 1):
            shifted[place] ^= _times(factor, power)
        generator = shifted
    rest = [*block, *[0] * size]
    for place in range(len(block)):
        factor = rest[place]
        for step, of_generator in enumerate(generator):
            rest[place + step] ^= _times(of_generator, factor)
    return rest[len(block) :]


def _bits(words: bytes) -> Iterator[bool]:
    return (bool(word >> place & 1) for word in words for place in range(7, -1, -1))


def _frame(version: int) -> Grid:
    """Return a grid with everything but the data."""
    side = 17 + 4 * version
    grid: Grid = [[None] * side for _row in range(side)]
    for x, y in product((3, side - 4), (3, side - 4)):
        if (x, y) != (side - 4, side - 4):
            _rings(grid, x, y, 4, (0, 1, 3))
    for x, y in product(_ALIGNED[version], repeat=2):
        if grid[y][x] is None:
            _rings(grid, x, y, 2, (0, 2))
    for place in range(8, side - 8):
        grid[6][place] = grid[place][6] = place % 2 == 0
    _put_format(grid, side)
    if version >= 7:
        _put_version(grid, side, version)
    return grid


def _rings(grid: Grid, x: int, y: int, reach: int, dark: tuple[int, ...]) -> None:
    """Draw squares around a place: dark at these distances, light at the others."""
    for across, down in product(range(x - reach, x + reach + 1), range(y - reach, y + reach + 1)):
        if 0 <= across < len(grid) and 0 <= down < len(grid):
            grid[down][across] = max(abs(across - x), abs(down - y)) in dark


def _put_format(grid: Grid, side: int) -> None:
    around = [*range(6), 7, 8]
    for number in range(15):
        dark = bool(_FORMAT >> number & 1)
        if number < 8:
            grid[around[number]][8] = grid[8][side - 1 - number] = dark
        else:
            grid[8][around[14 - number]] = grid[side - 15 + number][8] = dark
    grid[side - 8][8] = True


def _put_version(grid: Grid, side: int, version: int) -> None:
    rest = version << 12
    for place in range(17, 11, -1):
        if rest >> place & 1:
            rest ^= 0x1F25 << (place - 12)
    for number in range(18):
        dark = bool((version << 12 | rest) >> number & 1)
        across, down = number // 3, side - 11 + number % 3
        grid[down][across] = grid[across][down] = dark


def _path(side: int) -> Iterator[tuple[int, int]]:
    """Give the places in the order in which data lies: in pairs of columns, up and down."""
    upward = True
    for right in range(side - 1, 0, -2):
        column = right if right > 6 else right - 1
        rows = range(side - 1, -1, -1) if upward else range(side)
        for y in rows:
            yield column, y
            yield column - 1, y
        upward = not upward
