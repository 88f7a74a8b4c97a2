"""What noise does to expectation values, and how to undo some of it."""

from .automatic import STAGES as STAGES
from .automatic import mitigate as mitigate
from .automatic import mitigate_words as mitigate_words
from .automatic import named as named
from .base import Job as Job
from .base import Reduced as Reduced
from .base import Stage as Stage
from .distributions import hellinger_fidelity as hellinger_fidelity
from .distributions import mitigated_counts as mitigated_counts
from .distributions import mitigated_probabilities as mitigated_probabilities
from .distributions import nearest_probabilities as nearest_probabilities
from .exponential import EVD as EVD
from .exponential import ExponentialExtrapolation as ExponentialExtrapolation
from .learned import Learned as Learned
from .learned_pec import learned_pec as learned_pec
from .mitigated import Mitigated as Mitigated
from .pec import PEC as PEC
from .pipeline import MitigationPipeline as MitigationPipeline
from .readout import Readout as Readout
from .report import Mitigation as Mitigation
from .zne import ZNE as ZNE
