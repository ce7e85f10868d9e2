# args: --build-arg B=given --build-arg UNUSED=1
FROM busybox
ARG A=1
ARG B
ARG C
RUN echo $A $B $C > /x
ENV A=env
RUN echo $A > /y
