FROM busybox
ENV A=1 B="two words" C=$A D=${A:-x}
ENV A=2
ENV E one two
ENV F=a\ b G='q $A' H="$A"
RUN env | sort | grep -v -e HOSTNAME -e HOME > /env
