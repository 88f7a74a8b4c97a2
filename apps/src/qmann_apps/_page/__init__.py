"""What every page is made of: the frame, the results, the downloads, and the words."""

from .charts import bars as bars
from .charts import days as days
from .charts import fan as fan
from .charts import lines as lines
from .downloads import downloads as downloads
from .frame import MEGABYTES as MEGABYTES
from .frame import Outcome as Outcome
from .frame import Run as Run
from .frame import Source as Source
from .frame import attempt as attempt
from .frame import choose_effort as choose_effort
from .frame import choose_source as choose_source
from .frame import choose_task as choose_task
from .frame import footer as footer
from .frame import heading as heading
from .frame import read as read
from .frame import remember as remember
from .results import circuit as circuit
from .results import comparison as comparison
from .results import evidence as evidence
from .results import section as section
from .words import number as number
from .words import plain as plain
