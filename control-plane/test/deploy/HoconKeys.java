import com.typesafe.config.*;
import java.io.File;

/** Prints every key path of a HOCON file, one a line; ends with an error when it does not parse. */
class HoconKeys {
  public static void main(String[] files) {
    Config config = ConfigFactory.parseFile(new File(files[0]), ConfigParseOptions.defaults().setAllowMissing(false));
    for (var entry : config.entrySet()) System.out.println(entry.getKey());
  }
}
