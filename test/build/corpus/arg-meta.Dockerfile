# args: --build-arg TAG=latest
ARG TAG=nope
ARG NAME=busybox
FROM ${NAME}:${TAG}
RUN echo "[$TAG]" > /before
ARG TAG
ARG NAME=other
RUN echo $TAG $NAME > /after
