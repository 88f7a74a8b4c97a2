"""Figures of right-censored times: curves, ranks, squared errors and calibration."""

from .brier import brier as brier
from .brier import integrated as integrated
from .calibration import by_groups as by_groups
from .calibration import change_of_hazards as change_of_hazards
from .calibration import observed_over_expected as observed_over_expected
from .censoring import Curve as Curve
from .censoring import band as band
from .censoring import censoring as censoring
from .censoring import kaplan_meier as kaplan_meier
from .censoring import median_follow_up as median_follow_up
from .concordance import harrell as harrell
from .concordance import uno as uno
