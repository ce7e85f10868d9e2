ARG BASE=pequod-base:latest
FROM ${BASE} AS build
ENV PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends python3-pip python3-venv >/dev/null \
 && rm -rf /var/lib/apt/lists/*
RUN python3 -m venv /venv && find /venv -name __pycache__ -prune -exec rm -r {} +
COPY *.whl /tmp/
RUN /venv/bin/pip install -q --no-index --no-compile /tmp/*.whl && rm /tmp/*.whl

FROM ${BASE}
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends python3-minimal python3-markupsafe >/dev/null \
 && rm -rf /var/lib/apt/lists/*
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1
COPY --from=build /venv /venv
RUN greeting && /usr/bin/python3 -c 'import markupsafe'
ENTRYPOINT ["greeting"]
