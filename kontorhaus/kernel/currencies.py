"""ISO 4217: the currencies there are, and how many digits their minor unit has.

Source: ISO 4217 list one (current currency and funds codes), as of January 2026. Compared in the tests with the
`iso4217` package, which is made from the same list. Codes without a minor unit (gold, testing, no currency) are left
out: nobody owes them.
"""

from __future__ import annotations

from typing import Final

_NONE: Final = """
    BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF
""".split()

_TWO: Final = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF
    CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD
    GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL
    MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR
    PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP
    TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG
""".split()

_THREE: Final = """
    BHD IQD JOD KWD LYD OMR TND
""".split()

_FOUR: Final = """
    CLF UYW
""".split()

SCALES: Final[dict[str, int]] = {
    **dict.fromkeys(_NONE, 0),
    **dict.fromkeys(_TWO, 2),
    **dict.fromkeys(_THREE, 3),
    **dict.fromkeys(_FOUR, 4),
}
"""Digits of the minor unit by currency: 1099 is 10.99 EUR, 1099 JPY, and 1.099 KWD."""
