"""SAS transport files, written here as TS-140 of SAS defines version 5."""

import struct

import numpy as np
import pandas as pd
import pytest

from qmann_core.data import read_table
from qmann_core.errors import DataError

LINE = "HEADER RECORD*******{:<8}HEADER RECORD!!!!!!!{}  "
ROWS = [(1.5, "café", 0.0, 0.0), (-118.625, "", 1.0, 21915.0), (None, "no", 1e-3, None)]


def ibm(value):
    """Sign, exponent of 16 plus 64, 56 bits of a fraction from 1/16 to 1; a point if missing."""
    if value is None:
        return b"." + bytes(7)
    power = 0 if value == 0 else int(np.floor(np.log2(abs(value)) / 4)) + 1
    first = 0 if value == 0 else 64 + power | 128 * (value < 0)
    return bytes([first]) + int(abs(value) / 16.0**power * 2**56).to_bytes(7, "big")


def padded(content):
    return content + b" " * (-len(content) % 80)


def transport(rows, *, tables=1):
    """Columns dose, word, dead and seen, the latter of days with a format of dates."""
    line = [LINE.format("LIBRARY", "0" * 30), "SAS     SAS     SASLIB  9.4".ljust(64)]
    line = [*line, "01JAN20:00:00:00".ljust(80)]
    line[1] += "01JAN20:00:00:00"
    member = [
        LINE.format("MEMBER", "000000000000000001600000000140"),
        LINE.format("DSCRPTR", "0" * 30),
        "SAS     TABLE   SASDATA 9.4".ljust(64) + "01JAN20:00:00:00",
        "01JAN20:00:00:00".ljust(80),
        LINE.format("NAMESTR", "000000000400000000000000000000"),
    ]
    kinds = (("DOSE", 1, ""), ("WORD", 2, "$"), ("DEAD", 1, "BEST"), ("SEEN", 1, "DATE"))
    fields = b"".join(
        struct.pack(
            ">hhhh8s40s8shhh2s8shhl52s",
            *(kind, 0, 8, n, name.encode().ljust(8), b"", form.encode().ljust(8)),
            *(9, 0, 0, b"", b"", 0, 0, 8 * n, b""),
        )
        for n, (name, kind, form) in enumerate(kinds)
    )
    told = b"".join(
        each.encode("latin-1").ljust(8) if isinstance(each, str) else ibm(each)
        for row in rows
        for each in row
    )
    part = "".join(member).encode() + padded(fields) + LINE.format("OBS", "0" * 30).encode()
    return "".join(line).encode() + tables * (part + padded(told))


def test_numbers_words_and_dates_are_read(tmp_path):
    """Zero, too, of which pandas makes 5e-79."""
    (tmp_path / "t.xpt").write_bytes(transport(ROWS))
    found = read_table(tmp_path / "t.xpt")
    assert found["DOSE"].tolist()[:2] == [1.5, -118.625]
    assert found["DEAD"].tolist() == [0.0, 1.0, pytest.approx(1e-3, rel=1e-15)]
    assert found["WORD"].dropna().tolist() == ["café", "no"]
    assert found["SEEN"].tolist()[:2] == [pd.Timestamp(1960, 1, 1), pd.Timestamp(2020, 1, 1)]
    assert found.isna().sum().tolist() == [1, 1, 0, 1]


WHOLE = transport(ROWS)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (WHOLE[:-1], "it is no SAS transport file, or damaged"),
        (WHOLE[:700], "it is no SAS transport file, or damaged|cannot be read"),
        (WHOLE[:650].ljust(2000), "cannot be read"),
        (WHOLE.replace(b"0004000", b"9999000"), "cannot be read"),
        (b"a,b\n1,2\n", "it has 0 tables of version 5"),
        (
            WHOLE.replace(b"LIBRARY ", b"LIBV8   ").replace(b"MEMBER ", b"MEMBV8 "),
            "it has 0 tables",
        ),
        (transport(ROWS, tables=2), "it has 2 tables of version 5; write one to each file"),
        (transport([]), "the table is empty"),
    ],
)
def test_damaged_files_are_said_in_one_sentence(tmp_path, content, message):
    (tmp_path / "t.xpt").write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_table(tmp_path / "t.xpt")
