"""Headings of prices as brokers and exchanges write them, in eight languages."""

from collections.abc import Mapping

_WORDS: Mapping[str, str] = {
    "date": "datum|tag|handelstag|fecha|data|jour|giorno|trade date|trading date|exchange date|"
    "日期|交易日期|日付|日付け|<date>",
    "symbol": "kürzel|symbole|símbolo|simbolo|symbool|代码|股票代码|コード|銘柄コード|<ticker>",
    "open": "eröffnung|eröffn|eröffnungskurs|erster|anfang|ouverture|ouv|apertura|abertura|"
    "opening|openingskoers|open price|opening price|开盘|开盘价|始値|<open>",
    "high": "hoch|höchst|tageshoch|höchstkurs|haut|plus haut|máximo|maximo|máx|massimo|máxima|"
    "hoog|hoogste|high price|高|最高|最高价|高値|<high>",
    "low": "tief|tiefst|tagestief|tiefstkurs|bas|plus bas|mínimo|minimo|mín|mínima|laag|laagste|"
    "low price|低|最低|最低价|安値|<low>",
    "close": "schluss|schluß|schlusskurs|schlußkurs|zuletzt|kurs|letzter|letzter kurs|clôture|"
    "cloture|dernier|cours|fermeture|cierre|último|ultimo|precio|chiusura|prezzo|fechamento|preço|"
    "slot|slotkoers|koers|laatste|close/last|last|last price|price|close price|closing price|"
    "settle|settlement price|收盘|收盘价|終値|<close>",
    "adj close": "close adj|adj close price|adjusted closing price|bereinigter schlusskurs|"
    "schlusskurs bereinigt|clôture ajustée|cierre ajustado|chiusura rettificata|"
    "fechamento ajustado|复权收盘价|調整後終値",
    "volume": "vol|volumen|umsatz|stücke|volumes|volumi|quantité|quantità|omzet|turnover|成交量|"
    "交易量|出来高|<vol>|<volume>",
    "change": "change %|% change|chg|chg %|% chg|+/-|+/- %|veränderung|veränderung %|variation|"
    "variation %|var|var %|% var|variación|variación %|variazione|verschil|verschil %|"
    "涨跌幅|変化率 %|change(%)|<openint>|<per>|<time>",
}
HEADINGS: Mapping[str, str] = {
    word: name for name, words in _WORDS.items() for word in words.split("|")
}
"""What a heading means, by its plain name."""
