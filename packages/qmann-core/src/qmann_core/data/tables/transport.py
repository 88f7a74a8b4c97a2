"""Tables of SAS transport files (XPORT, version 5)."""

import struct
import warnings
from io import BytesIO

import numpy as np
import pandas as pd
from pandas import DataFrame

BEGIN = b"HEADER RECORD*******LIB"
_MEMBER = b"HEADER RECORD*******MEMBER "
_FIELDS, _WIDTH, _FORMAT = 640, 140, slice(56, 64)  # bytes: where columns are told, each, and how
_DAYS = ("DATE", "DDMMYY", "E8601DA", "MMDDYY", "MONYY", "YYMMDD")
_SECONDS = ("DATETIME", "E8601DT")
_EPOCH = pd.Timestamp(1960, 1, 1)
_ZERO = 1e-70  # pandas reads the zero of IBM's floats as 5e-79


def read_transport(content: bytes) -> DataFrame:
    """The table of a transport file: numbers, texts (ISO-8859-1, as SAS writes), and dates.

    Numbers whose format is one of dates or times are those; empty texts are missing.

    Raises:
        ValueError: It is none, damaged, or has no table or several.
    """
    if (n := content.count(_MEMBER)) != 1:
        raise ValueError(f"it has {n} tables of version 5; write one to each file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # as that the file may be corrupted
            frame = pd.read_sas(BytesIO(content), format="xport", encoding="ISO-8859-1")
    except StopIteration:
        return DataFrame()
    except (UserWarning, LookupError, ArithmeticError, TypeError, struct.error) as error:
        raise ValueError("it is no SAS transport file, or damaged") from error
    for number, (name, values) in enumerate(frame.items()):
        told = content[_FIELDS + number * _WIDTH :][_FORMAT].decode("ISO-8859-1").strip()
        if values.dtype.kind != "f":
            frame[name] = values.replace("", np.nan)
        elif told in _DAYS + _SECONDS:
            seconds = values * (86400 if told in _DAYS else 1)
            frame[name] = _EPOCH + pd.to_timedelta(seconds, unit="s")
        else:
            frame[name] = values.where(~(values.abs() < _ZERO), 0.0)
    return frame
