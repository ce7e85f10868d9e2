# args: -t extra:1 -t extra:2
FROM busybox
ENV tags=1
