"""Tables: read from files or pandas, and checked against declared columns."""

from .columns import Column as Column
from .columns import Kind as Kind
from .columns import as_numbers as as_numbers
from .columns import convert as convert
from .columns import validate as validate
from .columns import zone_of as zone_of
from .describe import check_names as check_names
from .describe import describe_rows as describe_rows
from .describe import find_column as find_column
from .describe import from_rows as from_rows
from .describe import join_first as join_first
from .describe import list_names as list_names
from .describe import name_source as name_source
from .describe import need_column as need_column
from .describe import plain_name as plain_name
from .describe import shorten as shorten
from .describe import to_rows as to_rows
from .reading import Readers as Readers
from .reading import read_noted as read_noted
from .reading import read_table as read_table
