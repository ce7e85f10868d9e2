# args: --build-arg USER=daemon --build-arg DIR=/data
FROM busybox
ARG USER=root
ARG DIR
USER $USER
WORKDIR ${DIR}/sub
LABEL who=$USER
EXPOSE ${PORT:-80}
VOLUME ${DIR}
STOPSIGNAL ${SIG:-TERM}
