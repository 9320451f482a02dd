package dynamolocal

// leashScript runs its arguments as a command that ends when the script's standard input does. The other end of that
// pipe is in the parent alone: however the parent ends, the kernel closes it. A child that ends by itself ends the script.
const leashScript = `
exec 3<&0
"$@" 3<&- </dev/null &
child=$!
(
	read -r _ <&3
	kill "$child"
	sleep 5
	kill -9 "$child"
) >/dev/null 2>&1 &
watch=$!
exec 3<&-
wait "$child"
status=$?
kill "$watch" 2>/dev/null
exit $status
`
