"""What every page is made of; see README.md for how a domain fills one in."""

from .charts import bars as bars
from .charts import dots as dots
from .charts import lines as lines
from .charts import points as points
from .frame import footer as footer
from .frame import show as show
from .inputs import Control as Control
from .inputs import Data as Data
from .inputs import attempt as attempt
from .results import evidence as evidence
from .results import figures as figures
from .rows import label as label
from .series import View as View
from .series import outlook as outlook
from .series import view_of as view_of
from .spec import Ask as Ask
from .spec import Library as Library
from .spec import Page as Page
from .spec import Train as Train
from .things import Things as Things
from .words import date as date
from .words import number as number
from .words import plain as plain
from .words import said as said
from .words import signed as signed
