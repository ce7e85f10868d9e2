# BOM and the line ends of Windows
FROM busybox
ENV A=1 \
  # comment

  B=2
RUN echo a && \
  echo b
