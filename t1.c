#define _GNU_SOURCE
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <poll.h>
#include <stdlib.h>
#include <errno.h>
#include <sys/wait.h>
int main(){
 setuid(65534);
 int s=socket(AF_UNIX,SOCK_STREAM,0);
 struct stat st; fstat(s,&st); printf("mode %o ino %lu\n",st.st_mode,st.st_ino);
 printf("fchmod %d\n",fchmod(s,01777)); perror("x"); fstat(s,&st); printf("mode %o\n",st.st_mode);
 int in=inotify_init1(IN_NONBLOCK); char p[64]; sprintf(p,"/proc/self/fd/%d",s);
 int w=inotify_add_watch(in,p,IN_CLOSE|IN_DELETE_SELF); printf("watch %d\n",w); perror("watch");
 int d=dup(s);
 int pid=fork(); if(!pid){usleep(100000);_exit(0);}
 close(s); struct pollfd pf={in,POLLIN,0}; printf("after close1 poll %d\n",poll(&pf,1,20));
 close(d); printf("after dup closed poll %d\n",poll(&pf,1,20));
 wait(0); printf("after child exit poll %d\n",poll(&pf,1,50));
 char b[512]; int n=read(in,b,512); struct inotify_event*e=(void*)b; printf("n %d wd %d mask %x\n",n,e->wd,e->mask);
 // listener
 s=socket(AF_UNIX,SOCK_STREAM,0); struct sockaddr_un u={.sun_family=AF_UNIX}; bind(s,(void*)&u,2); listen(s,5);
 sprintf(p,"/proc/self/fd/%d",s); w=inotify_add_watch(in,p,IN_CLOSE); socklen_t l=sizeof u; getsockname(s,(void*)&u,&l);
 int c=socket(AF_UNIX,SOCK_STREAM,0); printf("connect %d\n",connect(c,(void*)&u,l)); int a=accept(s,0,0);
 printf("noise poll %d\n",poll(&pf,1,10)); close(s); printf("listener close poll %d\n",poll(&pf,1,10));
}
