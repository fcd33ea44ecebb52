# Keys come by the environment: a test's own, worth nothing elsewhere.
set -eu
printf '%s\n' "$HOST_KEY" > /etc/ssh/host_key
chmod 600 /etc/ssh/host_key
for user in deploy guest; do
  mkdir -p "/home/$user/.ssh"
  printf '%s\n' "$AUTHORIZED_KEY" > "/home/$user/.ssh/authorized_keys"
  chown -R "$user:$user" "/home/$user/.ssh"
done
# The group that may use the socket is the other side's: known by its number alone.
group=$(stat -c %g "$DOCKER_SOCKET")
getent group "$group" >/dev/null || groupadd --gid "$group" engine
usermod --append --groups "$(getent group "$group" | cut -d: -f1)" deploy
exec /usr/sbin/sshd -D -e -p 22 -h /etc/ssh/host_key -o PasswordAuthentication=no -o StrictModes=yes
