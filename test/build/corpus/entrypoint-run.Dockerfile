FROM busybox
ENTRYPOINT ["/nonesuch"]
RUN echo fine > /x
