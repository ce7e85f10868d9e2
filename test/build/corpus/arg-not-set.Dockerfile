# args: --build-arg PEQUOD_NOT_SET --build-arg PEQUOD_NOT_SET_EITHER
FROM busybox
ARG PEQUOD_NOT_SET
RUN echo "[$PEQUOD_NOT_SET]"
