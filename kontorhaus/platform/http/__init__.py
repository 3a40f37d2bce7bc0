"""The HTTP kit: routes, strict decoding, problem details, pages of lists, the edge and its server.

A room writes `@route(…)` over functions from `Call` to `Answer`; a role makes an `application` of them and serves it.
"""

from kontorhaus.platform.http.assembly import application as application
from kontorhaus.platform.http.assembly import document as document
from kontorhaus.platform.http.calls import Call as Call
from kontorhaus.platform.http.decoding import decode as decode
from kontorhaus.platform.http.decoding import decode_query as decode_query
from kontorhaus.platform.http.drain import Drain as Drain
from kontorhaus.platform.http.edge import Edge as Edge
from kontorhaus.platform.http.endpoint import API_VERSION as API_VERSION
from kontorhaus.platform.http.paging import ListView as ListView
from kontorhaus.platform.http.paging import Page as Page
from kontorhaus.platform.http.problems import Problem as Problem
from kontorhaus.platform.http.problems import every_problem as every_problem
from kontorhaus.platform.http.problems import status_of as status_of
from kontorhaus.platform.http.raw import RawBody as RawBody
from kontorhaus.platform.http.routing import Route as Route
from kontorhaus.platform.http.routing import route as route
from kontorhaus.platform.http.routing import routes_of as routes_of
from kontorhaus.platform.http.server import serve as serve
