int a;

int b; /*   */
long c;
