FROM busybox
RUN echo out
RUN echo err >&2
RUN mkdir -p /a/b && echo x > /a/b/c && chmod 4755 /a/b/c && ln -s c /a/b/l
RUN rm -r /a/b && touch -t 202001010000 /a/old
