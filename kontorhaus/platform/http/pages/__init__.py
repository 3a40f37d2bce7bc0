"""Pages for people: the documentation and one per error code. Small, self-contained, without a script."""

from kontorhaus.platform.http.pages.codes import problem as problem
from kontorhaus.platform.http.pages.layout import POLICY as POLICY
from kontorhaus.platform.http.pages.reference import documentation as documentation
