#include <stdio.h>

#include "base/version.h"

int main(void)
{
	printf("truc %s\n", truc_version);
	return 0;
}
