ARG BASE=pequod-base:latest
FROM ${BASE} AS toolchain
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends gcc libc6-dev make >/dev/null \
 && rm -rf /var/lib/apt/lists/*

FROM toolchain AS build
ARG VERSION=1.0
WORKDIR /src
COPY program/ .
RUN make VERSION=${VERSION} STATIC=1 && make check
ONBUILD RUN false

FROM scratch
COPY --from=build /src/program /program
USER 65534:65534
ENTRYPOINT ["/program"]
