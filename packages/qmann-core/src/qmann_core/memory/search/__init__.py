"""Amplitude amplification: exact dynamics, schedules, searches and what they cost."""

from .closed_form import best_iterations as best_iterations
from .closed_form import success_probability as success_probability
from .dynamics import AmplitudeAmplification as AmplitudeAmplification
from .estimation import estimate as estimate
from .extremes import durr_hoyer as durr_hoyer
from .fixed_point import fixed_point_length as fixed_point_length
from .fixed_point import fixed_point_phases as fixed_point_phases
from .fixed_point import fixed_point_success as fixed_point_success
from .fixed_point import step_phases as step_phases
from .phases import exact_schedule as exact_schedule
from .search import Search as Search
from .search import bbht as bbht
from .search import exact as exact
from .search import fixed_point as fixed_point
from .search import known as known
