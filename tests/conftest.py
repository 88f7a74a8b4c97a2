from hypothesis import settings

settings.register_profile("qmann", deadline=None, derandomize=True)
settings.load_profile("qmann")
