FROM debian-like:1
ENV DEBIAN_FRONTEND=noninteractive
COPY repo /repo
RUN echo 'deb [trusted=yes] file:/repo ./' > /etc/apt/sources.list \
    && apt-get update -qq >/dev/null 2>&1 \
    && apt-get install -y -qq --no-install-recommends greet >/dev/null 2>&1 \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/* /var/lib/dpkg/*-old /repo
RUN greet && cat /var/lib/greet/*
CMD ["greet"]
