"""The command line that every domain has: parse, one call, show.

Nothing heavy is imported before a command runs, so that ``--help`` answers at once.
"""

from .parser import Command as Command
from .parser import Lookup as Lookup
from .parser import Option as Option
from .parser import Shipped as Shipped
from .program import main as main
from .strict import StrictParser as StrictParser
