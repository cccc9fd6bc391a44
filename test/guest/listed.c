/* getifaddrs as a libc asks netlink for it: of this program there is one with each libc at hand. */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
	struct ifaddrs *all;
	if (getifaddrs(&all) < 0) {
		perror("getifaddrs");
		return 1;
	}
	for (struct ifaddrs *one = all; one; one = one->ifa_next) {
		if (strcmp(one->ifa_name, "lo") != 0 || !one->ifa_addr ||
		    one->ifa_addr->sa_family != AF_INET)
			continue;
		const struct sockaddr_in *address = (struct sockaddr_in *)one->ifa_addr;
		const struct sockaddr_in *mask = (struct sockaddr_in *)one->ifa_netmask;
		printf("%s %s ", one->ifa_name, inet_ntoa(address->sin_addr));
		printf("%s, up %d\n", inet_ntoa(mask->sin_addr), (one->ifa_flags & IFF_UP) != 0);
	}
	freeifaddrs(all);
	struct if_nameindex *names = if_nameindex();
	printf("the first is %s\n", names ? names[0].if_name : "none");
	if_freenameindex(names);
	return 0;
}
