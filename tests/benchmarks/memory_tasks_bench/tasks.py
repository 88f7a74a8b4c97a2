"""Sequence tasks that need a memory: tokens in, classes at some steps out, drawn anew each time."""

from collections.abc import Callable
from dataclasses import dataclass

import torch

SILENT = -100  # no answer is expected at this step: cross_entropy's ignore_index


@dataclass(frozen=True)
class Task:
    name: str
    n_tokens: int
    n_classes: int
    draw: Callable  # (samples, generator) -> tokens, targets, both (sample, time)


def associative_recall(n, generator, *, pairs=8, letters=26, digits=10):
    """c9k8j3f1??c -> 9: Ba et al., arXiv:1610.06258, section 4.1.

    A letter appears once, digits may repeat; both are drawn for each sample, so that nothing can be
    learned by heart. The answer is expected at the last step.
    """
    keys = torch.rand(n, letters, generator=generator).argsort(dim=1)[:, :pairs]
    values = torch.randint(digits, (n, pairs), generator=generator)
    asked = torch.randint(pairs, (n, 1), generator=generator)
    shown = torch.stack((keys, letters + values), dim=-1).flatten(1)
    marks = torch.full((n, 2), letters + digits)
    tokens = torch.cat((shown, marks, keys.gather(1, asked)), dim=1)
    targets = torch.full_like(tokens, SILENT)
    targets[:, -1:] = values.gather(1, asked)
    return tokens, targets


def copy(n, generator, *, symbols=8, longest=10):
    """abc> -> abc: Graves et al., arXiv:1410.5401, section 4.1, with symbols in place of bits."""
    return repeat_copy(n, generator, symbols=symbols, longest=longest, most=1, with_end=False)


def repeat_copy(n, generator, *, symbols=8, longest=5, most=3, with_end=True):
    """abc2 -> abcabc.: Graves et al., arXiv:1410.5401, section 4.2, with symbols for bits.

    Length and number of repeats are drawn for each sample; the end has to be marked, too.
    """
    content = torch.randint(symbols, (n, longest), generator=generator)
    length = torch.randint(1, longest + 1, (n, 1), generator=generator)
    repeats = torch.randint(1, most + 1, (n, 1), generator=generator)
    blank = symbols + most
    step = torch.arange(longest * (1 + most) + 1 + with_end).expand(n, -1)
    answer = step - length - 1  # of the first answer: 0
    tokens = torch.where(step < length, content.gather(1, step.clamp(max=longest - 1)), blank)
    tokens = torch.where(step == length, symbols + repeats - 1, tokens)
    spoken = (answer >= 0) & (answer < length * repeats)
    targets = torch.where(spoken, content.gather(1, answer % length), SILENT)
    if with_end:
        targets = torch.where(answer == length * repeats, symbols, targets)
    return tokens, targets


def flip_flop(n, generator, *, instructions=24, ignored=0.8):
    """w1i0i1r -> 1: the flip-flop language of Liu et al., arXiv:2306.00946.

    Each instruction (write, ignore, read) is followed by a bit; at a read, the answer is the bit
    that was written last, however many ignored ones came between. Starts with a write, ends with
    a read; in between, writes and reads are equally likely.
    """
    WRITE, IGNORE, READ = 2, 3, 4
    draws = torch.rand(n, instructions, generator=generator)
    kinds = torch.where(
        draws < ignored, IGNORE, torch.where(draws < (1 + ignored) / 2, WRITE, READ)
    )
    kinds[:, 0], kinds[:, -1] = WRITE, READ
    bits = torch.randint(2, (n, instructions), generator=generator)
    place = torch.arange(instructions).expand(n, -1)
    written = torch.where(kinds == WRITE, place, 0).cummax(dim=1).values
    bits = torch.where(kinds == READ, bits.gather(1, written), bits)
    tokens = torch.stack((kinds, bits), dim=-1).flatten(1)[:, :-1]
    answers = torch.where(kinds == READ, bits, SILENT)
    silence = torch.full_like(answers, SILENT)
    return tokens, torch.stack((answers, silence), dim=-1).flatten(1)[:, :-1]


TASKS = {
    "recall": Task("associative recall, 8 pairs", 37, 10, associative_recall),
    "copy": Task("copy, 1 to 10 symbols", 10, 8, copy),
    "repeat": Task("repeat-copy, 1 to 5 symbols, 1 to 3 times", 12, 9, repeat_copy),
    "flipflop": Task("delayed flip-flop, 24 instructions", 5, 2, flip_flop),
}
