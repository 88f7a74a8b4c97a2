from .config import FinanceConfig as FinanceConfig
from .config import FinanceSettings as FinanceSettings
from .data import Prices as Prices
from .data import demo_prices as demo_prices
from .data import load_prices as load_prices
from .portfolios import PortfolioRisk as PortfolioRisk
from .portfolios import portfolio as portfolio
from .reports import Forecast as Forecast
from .reports import VolatilityForecast as VolatilityForecast
from .tasks import FORECAST as FORECAST
from .tasks import TASKS as TASKS
from .tasks import VOLATILITY as VOLATILITY
from .tasks import audit as audit
from .tasks import evaluate as evaluate
from .tasks import fit as fit
from .tasks import forecast as forecast
from .tasks import load as load
from .tasks import predict as predict
from .tasks import similar as similar
from .tasks import volatility as volatility

__version__: str
