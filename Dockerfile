# All that the project is built and tested with. `make build` builds it, `make binary` compiles in it.
#
# Where things come from can be given: BASE_IMAGE (hack/base-image makes one from Debian packages alone), APT_MIRROR,
# NPM_MIRROR, and the proxies HTTP_PROXY, HTTPS_PROXY and NO_PROXY. What is not given is as the base image and npm have it.
ARG BASE_IMAGE=pequod-base

FROM ${BASE_IMAGE} AS build-deps
ARG APT_MIRROR
ENV DEBIAN_FRONTEND=noninteractive NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
COPY hack/apt-mirror hack/deps /src/hack/
RUN /src/hack/apt-mirror "${APT_MIRROR}" && apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends make git npm >/dev/null \
    && /src/hack/deps build
WORKDIR /src
ARG NPM_MIRROR
COPY package.json package-lock.json ./
RUN if [ -n "${NPM_MIRROR}" ]; then npm config set registry "${NPM_MIRROR}"; fi \
    && echo "npm packages from $(npm config get registry)${https_proxy:+ by the proxy $https_proxy}" \
    && npm ci --no-audit --no-fund --loglevel=error

FROM build-deps AS build
COPY . .

# What the tests need besides: the stock programs that ours are compared with. A change of a source does not fetch them again.
FROM build-deps AS dev
RUN hack/deps test
COPY . .
CMD ["bash"]
