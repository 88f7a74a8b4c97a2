"""Files of prices that something went wrong with: prices, or an error of ours in one line.

QMANN_FUZZ says how many of each kind are tried.
"""

import gzip
import io
import os
import random
import time

import numpy as np
import pandas as pd
import pytest
from pandas import DataFrame

from qmann_core.errors import QMANNError
from qmann_finance import load_prices

N = int(os.environ.get("QMANN_FUZZ", "20"))
SECONDS, LENGTH = 5.0, 300
ODD = (
    *(b"", b",", b";", b"\t", b'"', b"\n", b"\r", b"\0", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe"),
    *(b"NA", b"nan", b"inf", b"-", b"0", b"-1", b"1e400", b"9" * 400, b"1,234.5", b"1.234,5"),
    *(b"$", b"%", b"#", b"=1+1", b"(1)", b"0x1F", b"1_0", "１".encode(), "٣".encode()),
    *(b"Date", b"Close", b"Volume", b"0000-00-00", b"9999-12-31", b"0000-01-01", b"24:61"),
    *(b"x" * 10_000, b"," * 3000, b"\n" * 3000, b'"' * 99, "ä\u2028".encode(), b"2024-01-02"),
)


def prices() -> dict[str, DataFrame]:
    days = pd.bdate_range("2023-01-02", periods=60, name="Date")
    close = 100 + np.arange(60) % 7 + 0.25
    ohlc = {"Open": close, "High": close + 1, "Low": close - 1, "Close": close, "Volume": 1000}
    wide = DataFrame({"AAPL": close, "0700": 2 * close}, index=days)
    long = wide.melt(var_name="symbol", value_name="close", ignore_index=False)
    return {"ohlc": DataFrame(ohlc, index=days), "wide": wide, "long": long}


def packed(frame: DataFrame, kind: str) -> bytes:
    file = io.BytesIO()
    match kind:
        case "parquet":
            frame.to_parquet(file)
        case "xlsx":
            frame.to_excel(file)
        case "csv":
            frame.to_csv(file)
        case "gz":
            file.write(gzip.compress(frame.to_csv().encode(), mtime=0))
        case "semicolons":
            frame.to_csv(file, sep=";", decimal=",", date_format="%d.%m.%Y")
    return file.getvalue()


def changed(content: bytes, chance: random.Random) -> bytes:
    """One to four mutations: of bits, bytes, lines, separators, or the end."""
    for _ in range(chance.randint(1, 4)):
        at, size = chance.randrange(len(content) + 1), len(content)
        lines = content.split(b"\n")
        line = chance.randrange(len(lines))
        match chance.randrange(9):
            case 0 if size:
                bit = bytes([content[at - 1] ^ 1 << chance.randrange(8)])
                content = content[: max(at - 1, 0)] + bit + content[max(at, 1) :]
            case 1:
                content = content[:at]
            case 2:
                content = content[:at] + content[min(size, at + chance.randrange(200)) :]
            case 3:
                lines[line:line] = [lines[line]] * chance.choice((1, 2, 500))
                content = b"\n".join(lines)
            case 4:
                content = content.replace(chance.choice(b",;-.\n").to_bytes(), chance.choice(ODD))
            case 5:
                cells = lines[line].split(b",")
                cells[chance.randrange(len(cells))] = chance.choice(ODD)
                lines[line] = b",".join(cells)
                content = b"\n".join(lines)
            case 6:
                chance.shuffle(lines)
                content = b"\n".join(lines)
            case 7:
                content = content[:at] + chance.randbytes(chance.choice((1, 4, 100))) + content[at:]
            case _:
                content = content[:at] + chance.choice(ODD) + content[at:]
        content = content[: 2**22]
    return content


@pytest.mark.parametrize("kind", ["csv", "semicolons", "gz", "parquet", "xlsx"])
def test_changed_files_are_read_or_refused_in_one_line(kind, tmp_path):
    files = [packed(frame, kind) for frame in prices().values()]
    for content in files:
        assert all(len(each) == 60 for each in load_prices(io.BytesIO(content)).frames.values())
    suffix = {"gz": "csv.gz", "semicolons": "csv"}.get(kind, kind)
    for seed in range(N):
        chance = random.Random(f"{kind} {seed}")
        content = changed(chance.choice(files), chance)
        if kind == "gz" and seed % 2:
            content = gzip.compress(changed(gzip.decompress(files[seed % 3]), chance))
        path = tmp_path / f"p.{suffix}"
        path.write_bytes(content)
        began = time.process_time()
        try:
            said = load_prices(path if seed % 2 else io.BytesIO(content)).notes
        except QMANNError as error:
            said = (str(error),)
        except BaseException as error:
            raise AssertionError(f"{kind} {seed}: {type(error).__name__}: {error}") from error
        assert time.process_time() - began < SECONDS, (kind, seed)
        assert all(len(text) <= LENGTH and "\n" not in text for text in said), (kind, seed, said)
