FROM busybox
RUN touch /file
COPY a /file
COPY a /a
