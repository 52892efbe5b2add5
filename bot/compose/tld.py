"""Which words end a domain name: the top-level domains that X knows."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from itertools import takewhile

# Top-level domains that were taken out of the root, and so out of the package, since X published its list
# (twitter-text 3, conformance/tlds.yml). X still takes what ends in them for a link.
_RETIRED = """
an bl bq eh mf tp um
abarth active adac afamilycompany aigo alfaromeo avianca bananarepublic bentley blanco bnl boots budapest
bugatti cancerresearch cartier caseih cbs ceb chloe chrysler cityeats comcast cookingchannel csc dabur dodge
doha doosan duck dunlop duns epost esurance etisalat everbank fiat flsmidth foodnetwork frontdoor fujixerox
glade goo goodhands guardian hgtv honeywell hoteles htc iinet intel iselect iveco iwc jcp jlc juniper
kerrylogistics kinder ladbrokes lancaster lancia lancome liaison linde lipsy lixil loft lupin macys maserati
mcd mcdonalds meo metlife mobily montblanc mopar movistar mtpc mutual mutuelle nadex nationwide natura
newholland northwesternmutual off oldnavy onyourside orientexpress pamperedchef panerai passagens piaget
pramerica qvc raid redstone rightathome rmit rocher sapo sca scjohnson scor ses shaw showtime shriram spiegel
spreadbetting srt starhub statoil swiftcover symantec telecity telefonica tiffany travelchannel uconnect vista
vistaprint volkswagen vuelos warman wolterskluwer xfinity xperia zippo
诺基亚 珠宝 手表 工行 大众汽车 موبايلي اتصالات
"""


@cache
def top_level_domains() -> frozenset[str]:
    """Return every top-level domain in lower case, read once from publicsuffixlist's data.

    The package's own class keeps all 20,000 suffixes; the last label of each rule is all that is needed.
    """
    with (files("publicsuffixlist") / "public_suffix_list.dat").open(encoding="utf-8") as rules:
        icann = takewhile(lambda line: "===END ICANN DOMAINS===" not in line, rules)
        current = {line.rpartition(".")[2].strip() for line in icann if line.strip() and line[:2] != "//"}
    return frozenset(current.union(_RETIRED.split()))


@cache
def longest() -> int:
    """Return the length of the longest of them, in characters."""
    return max(map(len, top_level_domains()))
