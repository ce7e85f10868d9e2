# args: --build-arg HTTP_PROXY=http://127.0.0.1:9 --build-arg no_proxy=x
FROM busybox
RUN env | grep -i proxy | sort > /proxies
