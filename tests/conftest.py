import torch
from hypothesis import settings

torch.set_num_threads(1)  # the tests' tensors are small: more threads only wait for each other

settings.register_profile("qmann", deadline=None, derandomize=True)
settings.load_profile("qmann")
