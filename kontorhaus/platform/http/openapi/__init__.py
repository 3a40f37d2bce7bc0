"""The OpenAPI 3.1 document, made from the routes: what is documented is what is decoded, and nothing else."""

from kontorhaus.platform.http.openapi.composing import build as build
