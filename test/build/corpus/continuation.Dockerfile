FROM busybox
RUN echo a \
  # a comment
  b \
  && echo c > /x
ENV A=1 \
    B=2
